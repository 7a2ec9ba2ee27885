/** The kinds that say who serves, by Pulumi's type. */
export const seenTypes = /^kubernetes:(?:networking\.istio\.io|core|apps)\/[^:]+:(VirtualService|Service|Deployment)$/;
