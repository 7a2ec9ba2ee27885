import * as https from "node:https";
import { kubeConfigOf } from "../../components/mesh/client";
import { edgesQuery, ProxyMetrics } from "../../components/mesh/addons/queries";
import type { MeshAccess } from "../../components/split/meshAccess";

/** Requests a second per version, by service. */
export type Rates = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** How far back requests are counted, in seconds: four scrapes. */
const windowSeconds = 60;
/** How long Prometheus may take, in milliseconds: a plan does without, rather than wait. */
const timeoutMs = 3000;

/** PromQL for requests a second to each version of each service, whichever proxies were measured. */
export const ratesQuery = [ProxyMetrics.Istio, ProxyMetrics.Envoy]
    .map(
        (metrics) =>
            `sum by (destination, destination_version, destination_namespace) (${edgesQuery(metrics, windowSeconds)}) / ${windowSeconds}`,
    )
    .join(" or ");

/**
 * What users ask for now, from the addons' Prometheus, by way of the API server: the address needs no route from here.
 *
 * @returns nothing where there is no Prometheus, or it does not answer: rates are an estimate, and no plan waits for them.
 */
export async function measuredRates(access: MeshAccess, namespace = "istio-system"): Promise<Rates> {
    const config = kubeConfigOf(access);
    const service = `/api/v1/namespaces/${namespace}/services/prometheus:9090/proxy`;
    const url = new URL(
        `${service}/api/v1/query?query=${encodeURIComponent(ratesQuery)}`,
        config.getCurrentCluster()?.server,
    );
    const options: https.RequestOptions = { timeout: timeoutMs };
    await config.applyToHTTPSOptions(options);
    try {
        return ratesIn(await answerOf(url, options));
    } catch {
        return {};
    }
}

/**
 * Reads Prometheus' answer to `ratesQuery`. A name that is in several namespaces is left out: which one a plan means, the
 * metrics can't say.
 */
export function ratesIn(answer: unknown): Rates {
    const { data } = answer as Answer;
    const found = (data?.result ?? []).flatMap(({ metric, value }) => {
        const { destination, destination_version: version, destination_namespace: namespace = "" } = metric ?? {};
        const rate = Number(value?.[1]);
        return destination && version && Number.isFinite(rate)
            ? [{ service: destination, version, namespace, rate }]
            : [];
    });
    const services = new Set(found.map(({ service }) => service));
    return Object.fromEntries(
        [...services].flatMap((service) => {
            const own = found.filter((one) => one.service === service);
            if (new Set(own.map(({ namespace }) => namespace)).size > 1) return [];
            return [[service, Object.fromEntries(own.map(({ version, rate }) => [version, rate]))]];
        }),
    );
}

/** Prometheus' answer to an instant query, as far as it is read. */
interface Answer {
    data?: { result?: { metric?: Record<string, string>; value?: [number, string] }[] };
}

function answerOf(url: URL, options: https.RequestOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
        const request = https.get(url, options, (response) => {
            const chunks: Buffer[] = [];
            response.on("data", (chunk: Buffer) => chunks.push(chunk));
            response.on("error", reject);
            response.on("end", () => {
                if (response.statusCode !== 200) {
                    reject(new Error(`answered ${response.statusCode}`));
                    return;
                }
                resolve(JSON.parse(Buffer.concat(chunks).toString()) as unknown);
            });
        });
        request.on("timeout", () => request.destroy(new Error(`no answer in ${timeoutMs} ms`)));
        request.on("error", reject);
    });
}
