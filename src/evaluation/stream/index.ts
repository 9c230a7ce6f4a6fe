export type { StreamBucket } from './bucketMeter.ts';
export { evaluateStream, type StreamOptions, type StreamResult } from './evaluateStream.ts';
export type { StreamSource } from './joinDocuments.ts';
export { streamPlots } from './streamPlots.ts';
export type { StreamProtocol, StreamRequest } from './streamProtocol.ts';
export type { StreamSummary } from './streamSummary.ts';
export { streamTable } from './streamTable.ts';
