/** Before the tests in a browser. */
import { build } from './build.js';

export default function setup(): void {
  build('web');
}
