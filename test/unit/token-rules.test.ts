import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import * as fc from "fast-check";
import { TokenCheck } from "../../components";
import { type Refusal, refusalsFor, type TokenRule } from "../../components/mesh/tokenRules";
import { tokenRules } from "../../systems/shop/edge";
import { shop } from "../../systems/shop/program";
import { Asked } from "../support/program";

interface Request {
    method: string;
    path: string;
    /** Scopes of a valid token of the issuer's; without it there is no token. */
    scopes?: string[] | undefined;
    /** The port of the gateway's pods. Default 443. */
    port?: string;
}
const at = { hosts: ["shop.test"], notPorts: ["15021"], issuer: "https://shop.test" };

/** As Istio reads a refusal: all that an operation and a condition name must fit. */
function fits({ from, to, when = [] }: Refusal, { method, path, scopes, port = "443" }: Request): boolean {
    const like = (patterns: string[]): boolean =>
        patterns.some((one) => (one.endsWith("*") ? path.startsWith(one.slice(0, -1)) : path === one));
    const operation = to.some(
        ({ operation: { notPorts, paths, notPaths, methods, notMethods } }) =>
            !notPorts.includes(port) &&
            (!paths || like(paths)) &&
            (!notPaths || !like(notPaths)) &&
            (!methods || methods.includes(method)) &&
            (!notMethods || !notMethods.includes(method)),
    );
    const without = when.every(({ notValues }) => !scopes?.some((scope) => notValues.includes(scope)));
    return operation && (!from || !scopes) && without;
}
const allowed = (rules: readonly TokenRule[], request: Request): boolean =>
    !refusalsFor(rules, at).some((refusal) => fits(refusal, request));

describe("the rules of a token check", () => {
    it("let the shop's products be read and written by those alone whose token says so", () => {
        const [read, write] = [["product:read"], ["product:write"]];
        const one = "/product-composite/2";
        const table: [string, string, string[] | undefined, boolean][] = [
            ["GET", one, undefined, false],
            ["GET", one, [], false],
            ["GET", one, read, true],
            ["HEAD", one, read, true],
            ["GET", one, write, false],
            ["DELETE", one, read, false],
            ["DELETE", one, write, true],
            ["POST", "/product-composite", read, false],
            ["POST", "/product-composite", [...read, ...write], true],
            ["PUT", one, [...read, ...write], false],
            ["delete", one, write, false],
            ["DELETE", one, undefined, false],
            ["GET", "/product-compositeX", read, false],
            ["POST", "/oauth/token", undefined, true],
            ["GET", "/oauth/token", write, false],
            ["GET", "/openapi/swagger-ui.html", undefined, true],
            ["POST", "/openapi/v3/api-docs", write, false],
            ["GET", "/.well-known/jwks.json", undefined, true],
            ["GET", "/", [...read, ...write], false],
        ];
        for (const [method, path, scopes, may] of table)
            assert.equal(allowed(tokenRules, { method, path, scopes }), may, `${method} ${path} ${scopes?.join()}`);
    });

    it("refuse exactly what no rule lets through, whatever the rules, where no pattern is part of another", () => {
        const names = <T extends string>(...values: T[]) => fc.subarray(values, { minLength: 1 });
        const rule = fc.record(
            {
                paths: names("/a", "/b/*", "/c"),
                methods: names("GET", "POST"),
                claims: fc.record({ scope: names("read", "write") }),
            },
            { requiredKeys: ["paths"] },
        );
        const open = fc.record({ paths: names("/d", "/e/*"), open: fc.constant(true) });
        const request = fc.record(
            {
                method: fc.constantFrom("GET", "POST", "DELETE"),
                path: fc.constantFrom("/a", "/b/1", "/b", "/c", "/d", "/e/", "/f"),
                scopes: fc.subarray(["read", "write"]),
            },
            { requiredKeys: ["method", "path"] },
        );
        const permits = ({ paths, methods, claims, open }: TokenRule, { method, path, scopes }: Request): boolean =>
            !applies({ paths, methods }, method, path) ||
            Boolean(open) ||
            (scopes !== undefined && (!claims || scopes.some((scope) => claims.scope?.includes(scope))));
        fc.assert(
            fc.property(fc.array(fc.oneof(rule, open), { minLength: 1, maxLength: 4 }), request, (rules, asked) => {
                const known = rules.some((one) => applies(one, asked.method, asked.path));
                assert.equal(allowed(rules, asked), known && rules.every((one) => permits(one, asked)));
            }),
        );
    });

    it("are refused themselves where the mesh would read less as more", () => {
        const bad: [TokenRule, RegExp][] = [
            [{ paths: [] }, /The rule for no path would hold nowhere\.\n {2}fix: /],
            [{ paths: ["/a"], methods: [] }, /The rule for \/a has no method/],
            [{ paths: ["/a"], claims: { scope: [] } }, /asks for claim scope without a value/],
            [{ paths: ["/a"], open: true, claims: { scope: ["read"] } }, /is open and asks for claims/],
        ];
        for (const [rule, why] of bad) assert.throws(() => refusalsFor([rule], at), why);
    });
});

describe("the shop's token check", function () {
    this.timeout(30_000);

    it("takes tokens from the header alone, and stands before the edge serves", async () => {
        const before = new Map<string, pulumi.Resource[]>();
        const record: pulumi.ResourceTransformation = ({ name, opts }) => {
            before.set(name, [opts.dependsOn ?? []].flat() as pulumi.Resource[]);
            return undefined;
        };
        const asked = await Asked.of(
            (settings, around) => shop(settings, { ...around, opts: { transformations: [record] } }),
            {},
        );
        const { spec } = asked.one<{ spec: { jwtRules: object[] } }>("RequestAuthentication", "istio-ingress/hands-on");
        const [{ fromHeaders, fromParams, fromCookies }] = spec.jwtRules as [Record<string, unknown>];
        assert.deepEqual(fromHeaders, [{ name: "Authorization", prefix: "Bearer " }]);
        assert.deepEqual([fromParams, fromCookies], [undefined, undefined]);
        assert.ok(before.get("hands-on-edge-vs")?.some((one) => one instanceof TokenCheck));
    });

    it("leaves those ports alone that serve TCP, where they are named", async () => {
        const token = { namespace: "edge", issuer: "https://shop.test", jwks: "{}", audiences: ["shop"], rules: [] };
        const asked = await Asked.of((settings, around) => {
            new TokenCheck("tokens", { ...token, host: "shop.test", tcpPorts: ["31400"] });
            return shop(settings, around);
        }, {});
        const { spec } = asked.one<{ spec: { rules: Refusal[] } }>("AuthorizationPolicy", "edge/tokens");
        assert.deepEqual(
            spec.rules.map(({ to }) => to[0]?.operation.notPorts),
            [["15021", "31400"]],
        );
    });

    it("refuses on every port that the gateway's pods may serve its host on, with TLS or without", async () => {
        const asked = await Asked.of(shop, {});
        const { spec } = asked.one<{ spec: { rules: Refusal[] } }>("AuthorizationPolicy", "istio-ingress/hands-on");
        for (const port of ["80", "443", "8080", "8443"]) {
            const request = { method: "GET", path: "/product-composite/2", port };
            assert.ok(
                spec.rules.some((refusal) => fits(refusal, request)),
                port,
            );
            for (const { to } of spec.rules)
                for (const { operation } of to)
                    assert.ok(!("ports" in operation) && !operation.notPorts.includes(port), JSON.stringify(operation));
        }
    });
});

function applies({ paths, methods }: TokenRule, method: string, path: string): boolean {
    const fit = paths.some((one) => (one.endsWith("*") ? path.startsWith(one.slice(0, -1)) : path === one));
    return fit && (methods?.includes(method) ?? true);
}
