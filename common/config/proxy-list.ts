import { isIP, isIPv4 } from 'node:net';

/** Ranges that Express knows by name. */
const namedRanges = new Set(['loopback', 'linklocal', 'uniquelocal']);

/**
 * Whether Express's `trust proxy` takes this list; what it does not take it throws at, long after the settings were read.
 *
 * @param typed  addresses, subnets (`10.0.0.0/8`, `10.0.0.0/255.0.0.0`) and names of ranges, separated by commas
 */
export function isProxyList(typed: string): boolean {
  return typed.split(',').every((proxy) => isProxy(proxy.trim()));
}

function isProxy(proxy: string): boolean {
  if (namedRanges.has(proxy)) return true;
  const [, address = '', range] = /^([^/%]+)(?:\/(.+))?$/.exec(proxy) ?? [];
  const mostBits = { 4: 32, 6: 128 }[isIP(address)] ?? 0;
  const bits = range === undefined ? mostBits : countBits(range, isIPv4(address));
  return bits >= 1 && bits <= mostBits;
}

/** @returns how many bits a range keeps; 0 for what is none */
function countBits(range: string, isOfIPv4: boolean): number {
  if (/^\d+$/.test(range)) return Number(range);
  if (!isOfIPv4 || !isIPv4(range)) return 0;
  const mask = range.split('.').map((part) => Number(part).toString(2).padStart(8, '0'));
  return /^(1*)0*$/.exec(mask.join(''))?.[1]?.length ?? 0;
}
