// Receives webhooks: verifies the signature, and handles each event once, however often it is sent.
//
//     npm install standardwebhooks
//     WEBHOOK_SECRET=whsec_… node receiver.ts 9000        # Node 24 runs TypeScript
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";

type ResultEvent = { id: string; type: string; data: { verdict?: string } }; // a reminder has none

const webhook = new Webhook(process.env.WEBHOOK_SECRET!);
const handled = new Set<string>(); // in production, a database: see examples/consumer

createServer(async (request, response) => {
  const body = await buffer(request); // as it was sent: verified first, parsed afterwards
  let event: ResultEvent;
  try {
    event = webhook.verify(body, request.headers as Record<string, string>) as ResultEvent;
  } catch {
    response.writeHead(401).end();
    return;
  }
  if (!handled.has(event.id)) {
    console.log(event.type, event.id, event.data.verdict ?? ""); // your own work
    handled.add(event.id);
  }
  response.writeHead(204).end();
}).listen(Number(process.argv[2]), "127.0.0.1");
