import { Strategy } from "../../components/traffic/split/strategy";
import type { KnownSystem } from "../known";

/** The workshop of seed 002. Version v2 of customers has no pods until the config names it: its deployment is a step of its own. */
export const workshop: KnownSystem = {
    name: "workshop",
    needs: { namespaces: ["workshop"] },
    host: "workshop.test",
    services: [
        { name: "web-frontend", versions: ["v1"], strategies: [] },
        { name: "customers", versions: ["v1", "v2"], strategies: [Strategy.Mesh], named: true },
    ],
};
