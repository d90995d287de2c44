// Reads results from the queue and stores each event once, however often it is delivered.
//
//     npm install @aws-sdk/client-sqs
//     RESULTS_QUEUE_URL=… node consumer.ts results.db        # Node 24 runs TypeScript
import { DatabaseSync } from "node:sqlite";
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";

type ResultEvent = { id: string; type: string; data: { verdict?: string } }; // a reminder has none

const sqs = new SQSClient({});
const QueueUrl = process.env.RESULTS_QUEUE_URL;
const database = new DatabaseSync(process.argv[2] ?? "results.db");
database.exec("CREATE TABLE IF NOT EXISTS handled (event_id TEXT PRIMARY KEY)");
database.exec("CREATE TABLE IF NOT EXISTS results (event_id TEXT, type TEXT, verdict TEXT)");
const handled = database.prepare("INSERT OR IGNORE INTO handled VALUES (?)");
const results = database.prepare("INSERT INTO results VALUES (?, ?, ?)");

// Do your own work here, in the transaction that also stores the event's id.
function store(event: ResultEvent): void {
  results.run(event.id, event.type, event.data.verdict ?? null);
}

for (;;) {
  const request = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 20 });
  for (const message of (await sqs.send(request)).Messages ?? []) {
    const event = JSON.parse(message.Body!) as ResultEvent;
    database.exec("BEGIN"); // if this process dies, neither is stored
    if (handled.run(event.id).changes) store(event);
    database.exec("COMMIT");
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle! }));
  }
}
