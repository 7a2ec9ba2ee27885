import { z } from "zod";
import { call, type Edge } from "../play/edge";
import type { StackOutputs } from "../play/outputs";

const credentials = z.object({
    client: z.object({ id: z.string(), secret: z.string() }),
    user: z.object({ name: z.string(), password: z.string() }),
});

/**
 * A token for the shop by the password grant of seed 000.
 *
 * @param scope what it is for, such as `product:read`; default: all that there is.
 * @throws when the shop's server gives none
 */
export async function accessToken(edge: Edge, outputs: Pick<StackOutputs, "details">, scope?: string): Promise<string> {
    const { client, user } = credentials.parse(outputs.details.shop);
    const { status, body } = await call(edge, "/oauth/token", {
        method: "POST",
        headers: {
            authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString("base64")}`,
            "content-type": "application/x-www-form-urlencoded",
        },
        body: new URLSearchParams({
            grant_type: "password",
            username: user.name,
            password: user.password,
            ...(scope && { scope }),
        }).toString(),
    });
    if (status !== 200) throw new Error(`POST /oauth/token answered ${status}: ${body}`);
    return (JSON.parse(body) as { access_token: string }).access_token;
}
