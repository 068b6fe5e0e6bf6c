/**
 * Ends the process with a word where Node is too old. Imported before everything else, as what comes after it may not even load there.
 *
 * Plain JavaScript, in syntax that an old Node still parses.
 */
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `Attune needs Node 20.19 or newer; this is ${process.versions.node}. See https://nodejs.org/`,
  );
  process.exit(1);
}
