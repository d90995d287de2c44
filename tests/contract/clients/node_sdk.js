// Calls with the Node SDK: PORT SECRET_ID SECRET_KEY METHOD ACTION, the parameters as JSON on standard input → the answer as JSON.
// The SDK signs a host without its port, so it is given a host without one and an agent that dials the loopback port instead.
const fs = require("fs");
const http = require("http");
const net = require("net");
const { ocr } = require("tencentcloud-sdk-nodejs-ocr");

const [port, secretId, secretKey, reqMethod, action] = process.argv.slice(2);
const agent = new http.Agent();
agent.createConnection = () => net.connect(Number(port), "127.0.0.1");
const client = new ocr.v20181119.Client({
  credential: { secretId, secretKey },
  region: "",
  profile: { httpProfile: { protocol: "http://", endpoint: "ocr.tencentcloudapi.com", reqMethod, agent } },
});
client[action](JSON.parse(fs.readFileSync(0, "utf8"))).then(
  (answer) => console.log(JSON.stringify(answer)),
  (error) => console.log(JSON.stringify({ Error: { Code: error.code, Message: error.message }, RequestId: error.requestId })),
);
