/** Injection tokens of what every feature may ask for; provided by `PlatformModule`. The database is TypeORM's own `DataSource`. */
export const CONFIG = Symbol('CONFIG');
export const REDIS = Symbol('REDIS');
export const LOGGER = Symbol('LOGGER');
