export { ChatTemplate, type RenderOptions } from './chatTemplate.ts';
export { checkContentParts } from './contentParts.ts';
export type { ChatMessage, ToolDefinition } from './message.ts';
export { type TurnOptions, turnText } from './turnText.ts';
