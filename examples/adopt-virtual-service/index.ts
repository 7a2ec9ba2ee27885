export * from "./web-split";
