import { Strategy } from "../../components/traffic/split/strategy";
import type { KnownSystem } from "../known";

const core = ["product", "recommendation", "review"] as const;

/** The shop of seed 000: three core services in two versions behind one composite. */
export const shop: KnownSystem = {
    name: "shop",
    needs: { namespaces: ["hands-on"], secrets: true },
    host: "minikube.me",
    services: [
        { name: "product-composite", versions: ["v1"], strategies: [] },
        ...core.map((name) => ({ name, versions: ["v1", "v2"], strategies: [Strategy.Mesh] })),
        { name: "auth-server", versions: ["v1"], strategies: [] },
    ],
    chain: { name: "shop", services: core },
};
