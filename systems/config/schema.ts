import { z } from "zod";
import { shape } from "./shape";
import { knownSystems } from "../systems";

/** The shape of the whole config: one object more for each system that has settings of its own; its schema stands with the system. */
export const schema = z.strictObject({
    ...shape.shape,
    ...Object.fromEntries(knownSystems.map((system) => [system.name, z.unknown().optional()])),
});

/** Every key of the stack's config, without namespace. */
export const keys = Object.keys(schema.shape);

/** Keys whose values are text; all others are maps and lists, and so arrive as JSON. */
export const textKeys: readonly string[] = [
    ...["target", "cluster", "context", "kubeconfig", "registry"],
    ...["approvedBy", "author"],
];
