// break and continue, whose effects Jinja's documentation fixes: what was written before them stays.
import { expect, it } from 'vitest';
import { templateOf } from './chatFixture.testing.ts';

it.each([
  [
    'continue behind text',
    '{% for i in range(4) %}{{ i }}{% if i == 1 %}!{% continue %}{% endif %},{% endfor %}',
    '0,1!2,3,',
  ],
  [
    'break behind text',
    '{% for i in range(4) %}{{ i }}{% if i == 1 %}!{% break %}{% endif %},{% endfor %}',
    '0,1!',
  ],
  [
    'one in each branch',
    '{% for i in range(5) %}{% if i < 2 %}a{% continue %}{% elif i == 3 %}b{% break %}{% else %}c{% endif %}d{% endfor %}',
    'aacdb',
  ],
  [
    'in nested conditions',
    '{% for i in range(3) %}{% if i > 0 %}({% if i == 1 %}{% continue %}{% endif %}x{% endif %}{{ i }}{% endfor %}',
    '0((x2',
  ],
  [
    'an inner loop alone',
    '{% for i in range(2) %}{% for j in range(3) %}{{ j }}{% if j == 1 %}{% break %}{% endif %}{% endfor %};{% endfor %}',
    '01;01;',
  ],
  [
    'inner and outer',
    '{% for i in range(3) %}{% for j in range(3) %}{% if j == i %}{% continue %}{% endif %}{{ i }}{{ j }} {% endfor %}{% if i == 1 %}{% break %}{% endif %}-{% endfor %}',
    '01 02 -10 12 ',
  ],
  [
    'a loop again after a break',
    '{% for i in range(2) %}{% for j in [1, 2] %}{% break %}{% endfor %}{{ i }}{% endfor %}',
    '01',
  ],
  ['statements behind a bare one', '{% for i in range(2) %}a{% break %}b{% endfor %}c', 'ac'],
  [
    'an else, only for no round',
    '{% for i in [] %}{% break %}{% else %}none{% endfor %}{% for i in [1] %}{% continue %}{% else %}none{% endfor %}',
    'none',
  ],
  [
    'loop.last as ever',
    '{% for i in range(3) %}{% if i == 0 %}{% continue %}{% endif %}{{ loop.last }} {% endfor %}',
    'False True ',
  ],
])('%s', (_, text, expected) => {
  expect(templateOf(text).render([])).toBe(expected);
});
