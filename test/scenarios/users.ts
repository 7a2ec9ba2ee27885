import * as assert from "node:assert/strict";
import { setTimeout as after } from "node:timers/promises";
import type { Answer, Asker } from "../support/mesh";

/** Users who are looked at: at the two shares of the scenario 2,000 in all. */
const newUsers = 1000;
/** How often some of each version come back: Flagger's number. All others come once. */
const visits = 5;
const faithful = 10;
/** Milliseconds between two requests: they come on top of the load. */
const pauseMs = 5;

/** New users get a cookie of the version that serves them, and stay on that version. @param cookie its name */
export async function stay(asker: Asker, cookie: string): Promise<void> {
    const users = new Map<string, string[]>();
    for (let asked = 0; asked < newUsers; asked++) {
        const answer = await visit(asker);
        const version = servedBy(answer);
        const given = cookieIn(answer);
        assert.ok(given.startsWith(`${cookie}=${version};`), `${version} has given ${given}`);
        users.set(version, [...(users.get(version) ?? []), given.split(";")[0] ?? ""]);
    }
    assert.deepEqual([...users.keys()].sort(), ["v1", "v2"]);
    for (const [version, cookies] of users) {
        assert.ok(cookies.length >= faithful, `${version} has served ${cookies.length} of ${newUsers} new users`);
        for (const [index, own] of cookies.entries())
            for (let time = 0; time < (index < faithful ? visits : 1); time++)
                assert.equal(servedBy(await visit(asker, own)), version, own);
    }
}

/** Whoever still has a cookie is served by the version that has everybody, and the cookie is taken back; a new user gets none. */
export async function letGo(asker: Asker, cookie: string, versions: readonly [string, string]): Promise<void> {
    for (const version of versions) {
        const answer = await visit(asker, `${cookie}=${version}`);
        assert.equal(servedBy(answer), versions[0]);
        assert.match(cookieIn(answer), new RegExp(`^${cookie}=; .*Max-Age=0`));
    }
    assert.equal(cookieIn(await visit(asker)), "");
}

async function visit(asker: Asker, cookie?: string): Promise<Answer> {
    await after(pauseMs);
    return asker.ask("web", "/", "GET", cookie === undefined ? {} : { cookie });
}

function servedBy({ status, body }: Answer): string {
    assert.equal(status, 200, body);
    return body.trim();
}

function cookieIn({ headers }: Answer): string {
    return headers["set-cookie"]?.[0] ?? "";
}
