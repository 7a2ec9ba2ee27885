import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { ApiClient } from "../client";
import { causeText, isNotFound } from "../errors";
import { at, nameOf, objectsAt, stringAt } from "../objects";
import { isObject, type Properties } from "../values";
import { type Kept, keptAs } from "./driver";
import { liveRelease, type LiveRelease } from "./release";

/** A release as the cluster has it. */
export interface StoredRelease extends LiveRelease {
    /** What it is found by, helm's own and those of whoever has installed it. */
    labels: Properties;
}

/**
 * Finds a release as helm keeps it: in one object of the cluster for each revision, of which the last one counts. Two requests of some
 * milliseconds, where asking helm itself takes two processes of a third of a second.
 *
 * @param namespace the kubeconfig's own where it is empty, as helm has it
 * @param driver where helm keeps releases, in its own word
 * @returns undefined when there is none of the name
 * @throws what the client throws; when the object can't be read; when releases are kept outside of the cluster
 */
export async function storedRelease(
    client: ApiClient,
    name: string,
    namespace: string,
    driver: string,
): Promise<StoredRelease | undefined> {
    const kept = keptAs(driver);
    if (!kept)
        throw new Error(
            `HELM_DRIVER=${driver} keeps releases where this provider does not look: it reads them from Secrets or ConfigMaps. Move them there, then set HELM_DRIVER=secret or HELM_DRIVER=configmap.`,
        );
    const space = encodeURIComponent(namespace || ((await client.defaultNamespace()) ?? "default"));
    const path = `/api/v1/namespaces/${space}/${kept}`;
    for (;;) {
        const list = await client.request("GET", path, {
            query: { labelSelector: `owner=helm,name=${name}` },
            accept: withoutContents,
        });
        const revisions = objectsAt(list, "items").sort((one, other) => revisionOf(other) - revisionOf(one));
        const [last] = revisions;
        if (!last) return undefined;
        try {
            const object = await client.request("GET", `${path}/${encodeURIComponent(nameOf(last))}`);
            const release = await unpacked(stringAt(object, "data", "release"), kept, nameOf(last));
            const labels = at(object, "metadata", "labels");
            return { ...release, labels: isObject(labels) ? labels : {} };
        } catch (error) {
            // Helm has taken it away meanwhile: the release with it, or an old revision of which a new one has taken the place.
            if (!isNotFound(error)) throw error;
        }
    }
}

/** A revision is up to a megabyte, and helm may keep hundreds of them: what there is is asked without. */
const withoutContents = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

const revisionOf = (object: Properties): number => Number(stringAt(object, "metadata", "labels", "version"));

/** Base64 over gzip over JSON; the API writes what is in a Secret as base64 once more. Helm 2 and the first of 3 did not compress. */
async function unpacked(text: string, kept: Kept, object: string): Promise<LiveRelease> {
    try {
        const packed = Buffer.from(
            kept === "secrets" ? Buffer.from(text, "base64").toString("latin1") : text,
            "base64",
        );
        const isCompressed = packed[0] === 0x1f && packed[1] === 0x8b;
        const json = isCompressed ? await promisify(gunzip)(packed) : packed;
        return liveRelease(JSON.parse(json.toString("utf8")) as Properties);
    } catch (error) {
        throw new Error(`What helm keeps in ${kept}/${object} can't be read: ${causeText(error)}`, { cause: error });
    }
}
