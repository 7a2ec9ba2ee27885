import type { GateWindow } from "../../rollout/gate/metric";
import type { Compared, CountedWindow } from "../../rollout/gate/windows";

/** A window of two versions in which nobody asked any other. */
export function countedWindow(window: GateWindow, { canary, stable }: Omit<Compared, "step">): CountedWindow {
    const others = stable !== undefined && window.stable ? { [stable]: window.stable } : {};
    return { ...window, versions: { ...others, [canary]: window.canary } };
}
