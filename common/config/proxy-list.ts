import { isIP } from 'node:net';

/** Ranges that Express knows by name. */
const namedRanges = new Set(['loopback', 'linklocal', 'uniquelocal']);

/**
 * Whether Express's `trust proxy` takes this list; what it does not take it throws at, long after the settings were read.
 *
 * @param typed  addresses, subnets (`10.0.0.0/8`) and names of ranges, separated by commas
 */
export function isProxyList(typed: string): boolean {
  return typed.split(',').every((proxy) => isProxy(proxy.trim()));
}

function isProxy(proxy: string): boolean {
  if (namedRanges.has(proxy)) return true;
  const [, address = '', bits = '1'] = /^([^/%]+)(?:\/(\d+))?$/.exec(proxy) ?? [];
  const mostBits = { 4: 32, 6: 128 }[isIP(address)] ?? 0;
  return Number(bits) >= 1 && Number(bits) <= mostBits;
}
