import * as crypto from "node:crypto";
import type { Properties } from "../../plugins/kubernetes/values";
import type { Message, TestProvider } from "./provider";

/** What the engine would keep of a resource. */
export interface Kept {
    id: string;
    inputs: Properties;
    state: Properties;
}

/** Does with single resources what Pulumi's engine does, call by call, so that a test can look between the calls. */
export class Stack {
    constructor(private readonly provider: TestProvider) {}

    /** Checks and creates. */
    async create(type: string, name: string, program: Properties, options: Message = {}): Promise<Kept> {
        const inputs = await this.check(type, name, program);
        const { id, properties } = await this.provider.create({
            ...target(type, name),
            properties: inputs,
            ...options,
        });
        return { id, inputs, state: properties };
    }

    /** Checks and updates in place, whatever a diff would say. */
    async update(type: string, name: string, kept: Kept, program: Properties, options: Message = {}): Promise<Kept> {
        const inputs = await this.check(type, name, program, kept.inputs);
        const { properties } = await this.provider.update({
            ...target(type, name),
            id: kept.id,
            olds: kept.state,
            oldInputs: kept.inputs,
            news: inputs,
            ...options,
        });
        return { id: kept.id, inputs, state: properties };
    }

    /** Checks and compares. */
    async diff(type: string, name: string, kept: Kept, program: Properties, options: Message = {}): Promise<Message> {
        const news = await this.check(type, name, program, kept.inputs);
        return this.provider.diff({
            ...target(type, name),
            id: kept.id,
            olds: kept.state,
            oldInputs: kept.inputs,
            news,
            ...options,
        });
    }

    async refresh(type: string, name: string, kept: Kept): Promise<Kept> {
        const { id, inputs, properties } = await this.provider.read({
            ...target(type, name),
            id: kept.id,
            properties: kept.state,
            inputs: kept.inputs,
        });
        return { id, inputs, state: properties };
    }

    async import(type: string, name: string, id: string): Promise<Kept> {
        const read = await this.provider.read({ ...target(type, name), id });
        return { id: read.id, inputs: read.inputs, state: read.properties };
    }

    delete(type: string, name: string, kept: Kept, options: Message = {}): Promise<void> {
        return this.provider.delete({ ...target(type, name), id: kept.id, properties: kept.state, ...options });
    }

    async check(type: string, name: string, news: Properties, olds: Properties = {}): Promise<Properties> {
        const randomSeed = crypto.randomBytes(32).toString("base64");
        return (await this.provider.check({ ...target(type, name), news, olds, randomSeed })).inputs as Properties;
    }
}

function target(type: string, name: string): Message {
    return { type, name, urn: urnOf(type, name) };
}

/** By what name the engine would speak of a resource. */
export function urnOf(type: string, name: string): string {
    return `urn:pulumi:dev::test::${type}::${name}`;
}
