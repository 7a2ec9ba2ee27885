import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { webcrypto } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { writeWhole } from "../wholeFile.mjs";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const day = 24 * 60 * 60 * 1000;

/** A certificate and its private key, both as PEM. */
export interface Pair {
    certificate: string;
    key: string;
}

/** An authority that signs a cluster's certificates. */
export interface Authority extends Pair {
    signer: webcrypto.CryptoKey;
    issuer: string;
}

/** Whom a certificate is for. */
export interface Subject {
    /** The user's name for Kubernetes. */
    commonName: string;
    /** The user's group for Kubernetes. */
    organization?: string;
    /** Host names and addresses, for one that serves. */
    hosts?: string[];
}

/**
 * Reads an authority from `<dir>/<name>.crt` and `.key`, or makes a new one there that holds for ten years.
 * It stays as long as the cluster's data: what it signed is in secrets, config maps and the users' kubeconfigs.
 */
export async function authority(dir: string, name: string): Promise<Authority> {
    const files = [path.join(dir, `${name}.crt`), path.join(dir, `${name}.key`)] as const;
    if (!files.every((file) => fs.existsSync(file))) writePair(dir, name, await selfSigned(`upshift-${name}`));
    const [certificate, key] = files.map((file) => fs.readFileSync(file, "utf8")) as [string, string];
    try {
        const bytes = x509.PemConverter.decodeFirst(key);
        const signer = await webcrypto.subtle.importKey("pkcs8", bytes, algorithm, false, ["sign"]);
        return { certificate, key, signer, issuer: new x509.X509Certificate(certificate).subject };
    } catch (error) {
        throw new Error(unreadable(name), { cause: error });
    }
}

/** What it signed can't be signed again by another: the cluster's data need it. */
function unreadable(name: string): string {
    return (
        `pki/${name}.crt and .key in the cluster's folder are no certificate and key any more, and its data can't be used without.\n` +
        "  fix: put both back from a backup, or begin anew: npx upshift cluster down --delete"
    );
}

/** A certificate for one year, for clients, and for servers too if it has hosts. */
export async function issue(from: Authority, subject: Subject): Promise<Pair> {
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const hosts = subject.hosts ?? [];
    const certificate = await x509.X509CertificateGenerator.create({
        subject: [{ CN: [subject.commonName] }, ...(subject.organization ? [{ O: [subject.organization] }] : [])],
        issuer: from.issuer,
        ...validFor(365),
        publicKey: keys.publicKey,
        signingKey: from.signer,
        signingAlgorithm: algorithm,
        extensions: [
            new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
            new x509.ExtendedKeyUsageExtension([
                x509.ExtendedKeyUsage.clientAuth,
                ...(hosts.length > 0 ? [x509.ExtendedKeyUsage.serverAuth] : []),
            ]),
            ...(hosts.length > 0 ? [new x509.SubjectAlternativeNameExtension(hosts.map(hostName))] : []),
        ],
    });
    return { certificate: certificate.toString("pem") + "\n", key: await pemOf(keys.privateKey) };
}

/** Writes `<dir>/<name>.crt` and `.key`; the key only its owner can read. */
export function writePair(dir: string, name: string, pair: Pair): void {
    const [key, certificate] = [path.join(dir, `${name}.key`), path.join(dir, `${name}.crt`)];
    // A certificate beside the key of another would pass for a pair: after a crash in between, there is none.
    fs.rmSync(certificate, { force: true });
    writeWhole(key, pair.key);
    writeWhole(certificate, pair.certificate, { readableBy: "all" });
}

async function selfSigned(commonName: string): Promise<Pair> {
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
        name: [{ CN: [commonName] }],
        ...validFor(3650),
        keys,
        signingAlgorithm: algorithm,
        extensions: [
            new x509.BasicConstraintsExtension(true, undefined, true),
            new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        ],
    });
    return { certificate: certificate.toString("pem") + "\n", key: await pemOf(keys.privateKey) };
}

/** Begins a day ago: the clocks of two machines that share a folder may differ. */
function validFor(days: number): { notBefore: Date; notAfter: Date } {
    return { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + days * day) };
}

function hostName(value: string): x509.JsonGeneralName {
    return { type: /^[\d.]+$/.test(value) ? "ip" : "dns", value };
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
    return x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY") + "\n";
}
