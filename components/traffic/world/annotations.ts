/** On a VirtualService: the version of the blue/green switch that was declared with it. */
export const blueGreenAnnotation = "upshift.dev/blue-green";

/** On a VirtualService: why somebody changed it beyond the limits. The request that sets or changes it is let through. */
export const breakGlassAnnotation = "upshift.dev/break-glass";
