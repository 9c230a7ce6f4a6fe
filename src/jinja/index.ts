export { TemplateRefusal, TemplateRunError, TemplateSyntaxError } from './errors.ts';
export { JinjaTemplate } from './jinjaTemplate.ts';
