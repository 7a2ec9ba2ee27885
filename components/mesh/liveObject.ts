/** An object as a cluster has it, as far as routes, their authors and the pods behind them are read from it. */
export interface LiveObject {
    readonly kind: string;
    readonly metadata: {
        readonly name: string;
        readonly namespace?: string;
        readonly uid?: string;
        readonly creationTimestamp?: string;
        readonly annotations?: Readonly<Record<string, string>>;
        readonly managedFields?: readonly ManagedFields[];
    };
    readonly spec?: unknown;
    readonly status?: unknown;
}

/** Who wrote which fields, and when. */
export interface ManagedFields {
    readonly manager?: string;
    readonly time?: string | Date;
    readonly fieldsV1?: object;
    readonly subresource?: string;
}
