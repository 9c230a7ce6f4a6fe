// Words that needles are made of: plain English, chosen for this test, so that no benchmark's texts are in it.
// Lists are in alphabetical order and hold no word twice; changing one changes every prompt drawn from it.

/** Surnames that a novel might have, and that few novels do. */
export const surnames: readonly string[] = (
  'Abernathy Ainsworth Ashdown Barrington Bellweather Blackwood Braithwaite Carrington Chisholm Cranshaw ' +
  'Dalrymple Delacourt Dunstable Eddington Ellsworth Fairbanks Featherstone Gainsford Galbraith Hathersage ' +
  'Hollingworth Ingleby Kettering Kirkbride Lathbury Lockhart Mandeville Merriweather Mountford Netherton ' +
  'Oakhurst Ormsby Pemberton Pettigrew Quarrington Ravenscroft Rockingham Rutherglen Saltmarsh Stapleton ' +
  'Tarrington Thistlewood Trelawney Underhill Vanstone Wainwright Wetherby Winterbourne Woolcombe Yarborough'
).split(' ');

/** First names. */
export const firstNames: readonly string[] = (
  'Adeline Ambrose Augusta Barnaby Beatrice Cedric Clement Constance Cornelia Cyril Dorothea Edgar Edmund ' +
  'Eleanor Ernest Eugene Felicity Florence Gertrude Gilbert Harriet Henrietta Horace Hubert Isabella Jasper ' +
  'Josephine Julian Lavinia Leonard Lucinda Lydia Mabel Margery Matilda Maurice Mortimer Nathaniel Octavia ' +
  'Oswald Patience Percival Philippa Reginald Rosamond Rupert Silvester Theodora Theodore Winifred'
).split(' ');

/** What the key of a line may be like. */
export const adjectives: readonly string[] = (
  'amber ancient azure bitter bright broken bronze carved cold copper crimson crooked dark dusty empty ' +
  'faded fragile frozen gentle gilded golden green grey heavy hidden hollow humble iron ivory jagged lonely ' +
  'lost lucky marble mellow narrow noble old olive pale patient plain polished quiet rapid rusty sacred ' +
  'scarlet secret sharp shining silent silver slender smooth solid spotted steady stone stormy sturdy subtle ' +
  'sunken tall tender twisted velvet violet warm weary white wooden yellow young'
).split(' ');

/** What the key of a line may be. */
export const nouns: readonly string[] = (
  'anchor anvil apple arrow barrel basin basket beacon bell blanket bottle bridge bucket button cabin candle ' +
  'carpet castle chain chapel chest clock cottage cradle crown curtain dagger desk drum falcon feather ' +
  'fiddle fountain garden garret goblet hammer harbour helmet kettle ladder lantern ledger locket mantle ' +
  'meadow mirror needle orchard palace parcel pillow pistol pocket quarry ribbon river saddle sail shield ' +
  'spindle stable statue sword table temple thimble tower trumpet tunnel valley vessel violin wagon willow ' +
  'window workshop'
).split(' ');
