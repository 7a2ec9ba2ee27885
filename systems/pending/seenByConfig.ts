import { loadSettings } from "../config/load";
import type { Settings } from "../config/read";
import { seen, type Seen } from "../../rollout/drift/seen";
import { pendingConfig } from "../../rollout/guard/state";

/** What is seen of a service, with what the config says. */
export interface SeenByConfig extends Seen {
    readonly config: Readonly<Record<string, string>>;
    readonly settings: Settings;
}

/** What others have done to a service of this project's stack. @throws as `seen` does, and when its config has problems */
export async function seenByConfig(stack: string, service: string): Promise<SeenByConfig> {
    const [found, config] = await Promise.all([seen(stack, service), pendingConfig(stack)]);
    const settings = loadSettings("upshift", stack, config);
    return { ...found, config, settings, limits: settings.limits };
}
