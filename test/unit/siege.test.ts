import * as assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { siege } from "../../systems/play/siege";

describe("siege", () => {
    let server: http.Server;
    let status = 200;
    const edge = () => ({
        scheme: "http" as const,
        host: "workshop.test",
        address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    });

    before(async () => {
        server = http.createServer((_, answer) =>
            answer.writeHead(status, { "x-served-by": "web-frontend=v1, customers=v2" }).end("<table>"),
        );
        server.listen(0, "127.0.0.1");
        await once(server, "listening");
    });
    after(() => server.close());

    it("counts transactions by who served them, until its time is over", async () => {
        status = 200;
        const { transactions, failed, served } = await siege(edge(), "/", { delay: 0.01, concurrent: 3, time: 1 });
        assert.ok(transactions > 0);
        assert.equal(failed, 0);
        assert.deepEqual(served, { "web-frontend=v1": transactions, "customers=v2": transactions });
    });
    it("counts an error as failed, and tries nothing again", async () => {
        status = 503;
        const { transactions, failed } = await siege(edge(), "/", { delay: 0.01, concurrent: 1, time: 1 });
        assert.ok(transactions > 0);
        assert.equal(failed, transactions);
    });
});
