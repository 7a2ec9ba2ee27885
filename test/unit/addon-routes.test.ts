import * as assert from "node:assert/strict";
import { officialAddons } from "../../cluster/addons";
import type { AddonsPlace } from "../../cluster/place";
import { programs } from "../../systems/programs";
import { addons } from "../../systems/program/addons";
import { Asked } from "../support/program";

interface Match {
    method?: { exact: string };
    uri?: { exact?: string; prefix?: string };
}
interface Routes {
    spec: {
        http: { match: Match[]; route?: { destination: { host: string } }[]; directResponse?: { status: number } }[];
    };
}

/** What the gateway does with a request for an addon: the Service that gets it, a status, or nothing at all. */
function answers({ spec }: Routes, method: string, path: string): string | number | undefined {
    const fits = ({ method: by, uri }: Match): boolean =>
        (!by || by.exact === method) &&
        (!uri?.exact || uri.exact === path) &&
        (!uri?.prefix || path.startsWith(uri.prefix));
    const rule = spec.http.find(({ match }) => match.some(fits));
    return rule?.directResponse?.status ?? rule?.route?.[0]?.destination.host;
}

describe("addons at the gateway", function () {
    this.timeout(30_000);
    const routesOf = async (place: AddonsPlace): Promise<Record<string, Routes>> => {
        const asked = await Asked.of(
            (settings, around) => {
                const made = programs.workshop?.(settings, around) ?? assert.fail();
                addons(settings, { ...around, place: { ...around.place, addons: place } }, [made]);
                return made;
            },
            { system: '["workshop"]', addons: '{"enabled":true}' },
        );
        return asked.all<Routes>("VirtualService");
    };

    it("can be read, and asked by POST where they only answer; nothing else gets to them", async () => {
        const routes = await routesOf(officialAddons);
        const services = { grafana: "grafana", kiali: "kiali", prom: "prometheus", tracing: "tracing" };
        for (const [addon, service] of Object.entries(services)) {
            const host = routes[`istio-system/${addon}`] ?? assert.fail(addon);
            for (const method of ["GET", "HEAD"]) assert.equal(answers(host, method, "/api/x"), service, addon);
            for (const method of ["POST", "PUT", "PATCH", "DELETE"])
                for (const path of ["/", "/api/v2/spans", "/api/v1/admin/tsdb/delete_series", "/api/dashboards/db"])
                    assert.equal(answers(host, method, path), undefined, `${method} ${addon}${path}`);
        }
        assert.equal(answers(routes["istio-system/grafana"] as Routes, "POST", "/api/ds/query"), "grafana");
        assert.equal(answers(routes["istio-system/kiali"] as Routes, "POST", "/api/stats/metrics"), "kiali");
        assert.equal(answers(routes["istio-system/prom"] as Routes, "GET", "/debug/pprof/profile"), 404);
        assert.equal(answers(routes["istio-system/prom"] as Routes, "GET", "/targets"), "prometheus");
    });

    it("do not tell of pods where upshift's own view stands in for them", async () => {
        const images = { prometheus: "prometheus", observe: "demo" };
        const routes = await routesOf({ ...officialAddons, images });
        for (const addon of ["grafana", "kiali", "tracing"]) {
            const host = routes[`istio-system/${addon}`] as Routes;
            assert.equal(answers(host, "GET", "/targets"), 404, addon);
            assert.equal(answers(host, "GET", "/graph"), addon);
            assert.equal(answers(host, "POST", "/api/v2/spans"), undefined);
        }
    });
});
