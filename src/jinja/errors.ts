// What can go wrong with a template: it is not Jinja, it cannot be run on what it was given, or it refuses that itself.
// Who reads the words, and which code they get, is the caller's business.

/** The template is not Jinja, or not Jinja that is understood here. */
export class TemplateSyntaxError extends Error {
  override readonly name = 'TemplateSyntaxError';
}

/** What Python would raise in its middle, or what is not done here as Python does it. */
export class TemplateRunError extends Error {
  override readonly name = 'TemplateRunError';
}

/** The template itself refused what it was given (`raise_exception`), in its own words. */
export class TemplateRefusal extends Error {
  override readonly name = 'TemplateRefusal';
}

/** Something that Python's jinja2 has and this does not. */
export function notHere(what: string): TemplateRunError {
  return new TemplateRunError(`${what} is not supported`);
}
