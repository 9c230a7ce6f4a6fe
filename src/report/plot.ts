// Plots as pictures: a Vega-Lite specification becomes SVG, and any SVG becomes PNG. The packages that draw are
// optional dependencies, loaded when the first picture is drawn: who only runs models needs none of them. What a
// plot shows is the caller's. Letters in a PNG come from the machine's own fonts.
import { TreekvError } from '../core/index.ts';

/** A Vega-Lite specification: plain JSON. */
export type PlotSpec = Readonly<Record<string, unknown>>;

/** A picture to be drawn: a specification, or an SVG that is one already. */
export type Picture = PlotSpec | string;

// One look for all plots: quiet axes, colours that people with colour blindness tell apart (Okabe and Ito).
const look = {
  background: '#ffffff',
  font: 'DejaVu Sans, Helvetica, Arial, sans-serif',
  axis: { labelFontSize: 12, titleFontSize: 13, gridColor: '#e8e6e1', domainColor: '#8a867d' },
  legend: { labelFontSize: 12, titleFontSize: 13 },
  title: { fontSize: 15, anchor: 'start' },
  range: {
    category: ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00', '#000000', '#8a867d'],
  },
  view: { stroke: null },
};

/** The picture as SVG; a string is taken for one. Throws UNSUPPORTED if the packages that draw are absent. */
export async function renderSvg(picture: Picture): Promise<string> {
  if (typeof picture === 'string') return picture;
  const [vega, vegaLite] = await Promise.all([
    optional(() => import('vega')),
    optional(() => import('vega-lite')),
  ]);
  const { config, ...spec } = picture;
  const merged = { ...spec, config: { ...look, ...(config as object | undefined) } };
  const { spec: compiled } = vegaLite.compile(merged as unknown as Parameters<typeof vegaLite.compile>[0]);
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logLevel: vega.Error });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** An SVG as PNG, twice its size. Throws UNSUPPORTED if the package that draws is absent. */
export async function renderPng(svg: string): Promise<Uint8Array> {
  const { Resvg } = await optional(() => import('@resvg/resvg-js'));
  // generic families, such as sans-serif, must be told what they are here
  const font = { loadSystemFonts: true, defaultFontFamily: 'DejaVu Sans', sansSerifFamily: 'DejaVu Sans' };
  return new Resvg(svg, { fitTo: { mode: 'zoom', value: 2 }, font }).render().asPng();
}

async function optional<Package>(load: () => Promise<Package>): Promise<Package> {
  try {
    return await load();
  } catch (cause) {
    const message =
      'Drawing needs the optional packages vega, vega-lite and @resvg/resvg-js: npm install vega@6.4.0 ' +
      'vega-lite@6.4.0 @resvg/resvg-js@2.6.2';
    throw new TreekvError('UNSUPPORTED', message, {}, { cause });
  }
}
