// Finds what a reader hovers over in an editor and is told nothing of: the exports of a module's declarations without
// a documentation comment, and the members of its interfaces, classes and object types. It judges no words.
import ts from 'typescript';

/** What has no documentation, as `Name` or `Name.member`, over the exports of these declaration files. */
export function undocumented(entries: readonly string[]): string[] {
  const program = ts.createProgram(entries, {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    noEmit: true,
  });
  const checker = program.getTypeChecker();
  const silent = new Set<string>();
  for (const entry of entries) {
    const source = program.getSourceFile(entry);
    const module = source && checker.getSymbolAtLocation(source);
    if (module === undefined) throw new Error(`${entry} exports nothing`);
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (isSilent(symbol, checker)) silent.add(exported.name);
      for (const member of membersOf(symbol, checker)) {
        if (isSilent(member, checker)) silent.add(`${exported.name}.${plainName(member)}`);
      }
    }
  }
  return [...silent].sort();
}

function isSilent(symbol: ts.Symbol, checker: ts.TypeChecker): boolean {
  return symbol.getDocumentationComment(checker).length === 0;
}

/** Members that are not private and are declared where the type is, not in a library that it builds on. */
function membersOf(symbol: ts.Symbol, checker: ts.TypeChecker): readonly ts.Symbol[] {
  const shapes = symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class | ts.SymbolFlags.TypeAlias);
  if (shapes === 0) return [];
  const instance = checker.getDeclaredTypeOfSymbol(symbol);
  const parts = instance.isUnion() ? instance.types : [instance];
  const properties = parts.filter(isObject).flatMap((part) => checker.getPropertiesOfType(part));
  const statics = [...(symbol.exports?.values() ?? [])];
  const constructors = [...(symbol.members?.values() ?? [])].filter(({ name }) => name === '__constructor');
  return [...properties, ...statics, ...constructors].filter((member) =>
    member.declarations?.some((declaration) => isOwn(declaration)),
  );
}

function isObject(type: ts.Type): boolean {
  return (type.flags & ts.TypeFlags.Object) !== 0;
}

function isOwn(declaration: ts.Declaration): boolean {
  const isPrivate = (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Private) !== 0;
  const file = declaration.getSourceFile().fileName;
  return !isPrivate && !file.includes('/node_modules/typescript') && !file.includes('/node_modules/@types/');
}

/** `[asyncDispose]` for what the compiler calls `__@asyncDispose@123`. */
function plainName({ name }: ts.Symbol): string {
  return name.replace(/^__@(\w+)@\d+$/, '[$1]').replace(/^__constructor$/, 'constructor');
}
