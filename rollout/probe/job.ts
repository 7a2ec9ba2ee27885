import type { V1Job } from "@kubernetes/client-node";
import type { Probe } from "./expected";
import { restrictedContainer, restrictedPod } from "../../components/workloads/restricted";

/** Whose requests they are, and how many. */
export interface Sending extends Probe {
    readonly url: string;
    readonly body?: string | undefined;
    readonly requests: number;
    /** Requests a second, at most: each is a process of its own. */
    readonly rate: number;
    /** Namespace and service account of the caller. */
    readonly namespace: string;
    readonly account: string;
    readonly image: string;
    readonly pullSecrets: readonly { name?: string }[];
}

/** What the pods of a caller are labelled. */
export const callerLabels = { app: "upshift-verify" };

/** How many requests may be under way at once. */
const workers = 8;

/** For how long a caller may live whatever becomes of the command that made it, in seconds, beside the time that its requests take. */
const spareSeconds = 90;

/** The last line of what a caller says: its pod lives on, so that its proxy can be asked. */
export const lastLine = "done";

/** How long a caller's requests should take at most, in seconds. */
export function secondsFor({ requests, rate }: Pick<Sending, "requests" | "rate">): number {
    return Math.ceil((2 * requests) / rate) + spareSeconds;
}

/**
 * A pod that sends requests through its own proxy as any caller in the mesh does, and never one twice. The cluster itself ends and
 * removes it, also where the command that made it was killed. Its proxy begins with no counts, so that all of them are its own.
 *
 * @param name that nothing else in the namespace has.
 */
export function callerJob(name: string, sending: Sending): V1Job {
    const { namespace, account, image, pullSecrets } = sending;
    const proxy = {
        holdApplicationUntilProxyStarts: true,
        proxyStatsMatcher: { inclusionRegexps: ["cluster\\.outbound.*upstream_rq.*"] },
    };
    return {
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: { name, namespace, labels: callerLabels },
        spec: {
            backoffLimit: 0,
            activeDeadlineSeconds: secondsFor(sending) + spareSeconds,
            // Time enough to ask why it did not start.
            ttlSecondsAfterFinished: 60,
            template: {
                metadata: {
                    labels: { ...callerLabels, "sidecar.istio.io/inject": "true" },
                    annotations: { "proxy.istio.io/config": JSON.stringify(proxy) },
                },
                spec: {
                    restartPolicy: "Never",
                    terminationGracePeriodSeconds: 1,
                    serviceAccountName: account,
                    automountServiceAccountToken: false,
                    imagePullSecrets: [...pullSecrets],
                    // Not the proxy's own user, whose requests go past it.
                    securityContext: restrictedPod(10001),
                    containers: [
                        {
                            name: "caller",
                            image,
                            imagePullPolicy: "IfNotPresent",
                            command: ["sh", "-c", script, "sh", ...argumentsOf(sending)],
                            securityContext: restrictedContainer,
                            resources: {
                                requests: { cpu: "50m", memory: "32Mi" },
                                limits: { memory: "128Mi" },
                            },
                        },
                    ],
                },
            },
        },
    };
}

function argumentsOf({ url, method, body = "", headers, requests, rate }: Sending): string[] {
    const count = Math.min(workers, requests);
    const lines = Object.entries(headers).flatMap(([name, value]) => ["--header", `${name}: ${value}`]);
    return [url, method, body, String(requests), String(count), (count / rate).toFixed(3), ...lines];
}

/** What an image must have for it: a shell, and curl or wget; else nothing. Says a status for each request, 000 where there was none. */
const script = `
url=$1 method=$2 body=$3 requests=$4 workers=$5 pause=$6
shift 6
if command -v curl >/dev/null; then
    ask() { curl -s -o /dev/null -m 10 -w '%{http_code}\\n' -X "$method" \${body:+--data-raw "$body"} "$@" "$url" || true; }
elif command -v wget >/dev/null; then
    if [ "$method" != GET ] && { [ "$method" != POST ] || [ -z "$body" ]; }; then echo "no curl for $method"; exit 3; fi
    # Its own time limit makes some builds of it crash.
    limit=
    if command -v timeout >/dev/null; then limit="timeout 10"; fi
    ask() {
        $limit wget -t 1 -S -O /dev/null \${body:+--post-data "$body"} "$@" "$url" 2>&1 | {
            status=000
            while read -r protocol code rest; do
                case $protocol in HTTP/*) status=$code ;; esac
            done
            echo "$status"
        }
    }
else
    echo "no curl and no wget"
    exit 3
fi
worker=0
while [ $worker -lt $workers ]; do
    (
        sent=$worker
        while [ $sent -lt $requests ]; do
            ask "$@"
            sent=$((sent + workers))
            sleep $pause
        done
    ) &
    worker=$((worker + 1))
done
wait
echo ${lastLine}
sleep ${spareSeconds} &
wait
`;
