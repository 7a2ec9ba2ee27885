import { isBody, type Value } from "../../components/traffic/world/values";

/** A value of a stack's config as Pulumi hands it over: a map or a list as JSON, and all else as the text that it is. */
export function configValue(text: string): unknown {
    try {
        const value: unknown = JSON.parse(text);
        return typeof value === "object" && value !== null ? value : text;
    } catch {
        return text;
    }
}

/** The same of a key that has a map; empty where it is not there, or is none. */
export function configMap(text: string | undefined): Record<string, unknown> {
    const value = text === undefined ? {} : configValue(text);
    return isConfigMap(value) ? value : {};
}

/** Whether a value of the config has further ones by name. */
export function isConfigMap(value: unknown): value is Record<string, unknown> {
    return isBody(value as Value);
}
