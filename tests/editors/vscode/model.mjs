// A scripted model provider on loopback, in the test's hand: it takes each request and sends every piece of its answer.
import { createServer } from "node:http";

export async function startModel() {
  const waiting = [];
  const arrived = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", piece => {
      body += piece;
    });
    request.on("end", () => {
      const exchange = {
        body: JSON.parse(body),
        headers: request.headers,
        closed: false,
        send: text => {
          if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream" });
          response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: text } }] })}\n\n`);
        },
        think: text => {
          if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream" });
          response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { reasoning_content: text } }] })}\n\n`);
        },
        use: (input, output) => {
          response.write(`data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: input, completion_tokens: output } })}\n\n`);
        },
        done: () => {
          response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })}\n\n`);
          response.end("data: [DONE]\n\n");
        },
        fail: (status, message) => {
          response.writeHead(status, { "content-type": "application/json" });
          response.end(JSON.stringify({ error: { message } }));
        },
      };
      response.on("close", () => {
        exchange.closed = true;
      });
      const next = waiting.shift();
      next ? next(exchange) : arrived.push(exchange);
    });
  });
  await new Promise(resolve => server.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${server.address().port}/v1`;
  return {
    settings: {
      "aside.model": "fake/test",
      "aside.providers": { fake: { format: "openai-chat", baseUrl, keyOptional: true, models: ["test"] } },
    },
    /** The next request; an error where none comes. */
    next: () =>
      new Promise((resolve, reject) => {
        if (arrived.length > 0) return resolve(arrived.shift());
        waiting.push(resolve);
        const late = () => {
          if (!waiting.includes(resolve)) return;
          waiting.splice(waiting.indexOf(resolve), 1);
          reject(new Error("no request came within 120 s"));
        };
        setTimeout(late, 120_000).unref();
      }),
    /** What nobody asked for is dropped: it is no later scenario's. */
    forget: () => {
      waiting.length = 0;
      arrived.length = 0;
    },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
