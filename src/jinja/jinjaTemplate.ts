// A Jinja template as jinja2 renders it in the sandbox of transformers (trim_blocks, lstrip_blocks, loop controls, the tag
// `generation`, tojson without HTML). Where this would write anything else it throws instead; it knows no messages.
import { callable } from './bindArguments.ts';
import { TemplateRunError } from './errors.ts';
import { fromPlain } from './fromPlain.ts';
import { globals } from './globals.ts';
import type { Body } from './nodes.ts';
import { parseTemplate } from './parseTemplate.ts';
import { renderBody } from './renderTemplate.ts';
import { Scope } from './scope.ts';
import { textArgument } from './textMethods.ts';

/** A template, parsed once. */
export class JinjaTemplate {
  private readonly body: Body;

  /** Throws TemplateSyntaxError. */
  constructor(template: string) {
    this.body = parseTemplate(template);
  }

  /**
   * The text of a template.
   * @param variables plain data by name.
   * @param functions more functions, which take and give one text each.
   * Throws TemplateRunError for what is not rendered as Python would, TemplateRefusal where the template itself refuses.
   */
  render(
    variables: Readonly<Record<string, unknown>>,
    functions: Readonly<Record<string, (text: string) => string>> = {},
  ): string {
    const outer = new Scope();
    for (const [name, value] of Object.entries(globals())) outer.set(name, value);
    for (const [name, run] of Object.entries(functions)) {
      outer.set(
        name,
        callable(name, 'text', (text) => run(textArgument(text))),
      );
    }
    const given = new Scope(outer);
    for (const [name, value] of Object.entries(variables)) {
      if (value !== undefined) given.set(name, fromPlain(value));
    }
    try {
      return renderBody(this.body, new Scope(given, this.body.hidden));
    } catch (error) {
      // texts and calls have bounds in JavaScript
      if (error instanceof RangeError)
        throw new TemplateRunError(`it goes beyond what is possible: ${error.message}`);
      throw error;
    }
  }
}
