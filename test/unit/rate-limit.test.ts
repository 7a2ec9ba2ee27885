import * as assert from "node:assert/strict";
import { RateLimit } from "../../components";
import { shop } from "../../systems/shop/program";
import { Asked } from "../support/program";

interface Filter {
    spec: {
        configPatches: { patch: { value: { name?: string; typed_per_filter_config?: Record<string, object> } } }[];
    };
}

describe("a rate limit", function () {
    this.timeout(30_000);

    it("is counted by a filter of its own, though another rule of the same gateway has a limit, too", async () => {
        const routes = ["reads", "writes"];
        const asked = await Asked.of((settings, around) => {
            for (const route of routes)
                new RateLimit(`${route}-limit`, { namespace: "edge", host: "shop.test", route, perSecond: 5 });
            return shop(settings, around);
        }, {});
        const names = routes.map((route) => {
            const [filter, rule] = asked.one<Filter>("EnvoyFilter", `edge/${route}-limit`).spec.configPatches;
            const name = filter?.patch.value.name ?? "";
            // Envoy finds what a rule says of a filter by the filter's name.
            assert.deepEqual(Object.keys(rule?.patch.value.typed_per_filter_config ?? {}), [name]);
            return name;
        });
        assert.equal(new Set(names).size, routes.length, names.join());
    });
});
