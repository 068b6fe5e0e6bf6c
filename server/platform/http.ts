/** Everything between the socket and the routes: who may send what, how large, from where; headers, ids, the page. */
import type { NestExpressApplication } from '@nestjs/platform-express';
import compression from 'compression';
import helmet from 'helmet';
import type { Logger } from '../../common/logging/logger.js';
import { ApiKeyService } from '../auth/api-key.service.js';
import { refuseForeignOrigin } from '../auth/origin.js';
import { SessionService } from '../auth/session.service.js';
import { MetricsService } from '../health/metrics.service.js';
import { ErrorFilter } from './error.filter.js';
import { parseJsonBodies } from './json-bodies.js';
import { requestLog } from './request.js';
import type { ServerConfig } from './server-config.js';
import { ValidationPipe } from './validation.pipe.js';
import { findWebPage } from './web-page.js';

export function configureHttp(app: NestExpressApplication, config: ServerConfig, logger: Logger): void {
  const page = findWebPage();
  if (!page) logger.warn('the page is not built: run npm run build:web');

  app.set('trust proxy', config.trustProxy);
  app.set('query parser', 'simple');
  app.disable('x-powered-by');
  const metrics = app.get(MetricsService);
  app.use(requestLog(logger, (answered) => metrics.countRequest(answered)));
  app.use(helmet(securityHeaders(page?.scriptHashes ?? [])));
  app.use(refuseForeignOrigin);
  app.use(parseJsonBodies({ sessions: app.get(SessionService), keys: app.get(ApiKeyService) }));
  // A long conversation shrinks to a tenth. The page is compressed on disk already; a stream below /v1 must not wait for a block to fill.
  app.use('/api', compression());
  if (page) app.use(page.serve);
  app.useGlobalPipes(new ValidationPipe());
  app.useGlobalFilters(new ErrorFilter(logger));
}

function securityHeaders(scriptHashes: string[]) {
  const self = "'self'";
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: [self, ...scriptHashes],
        // Highlighted code and formulas carry style attributes.
        styleSrc: [self, "'unsafe-inline'"],
        imgSrc: [self, 'data:', 'blob:'],
        fontSrc: [self, 'data:'],
        connectSrc: [self],
        workerSrc: [self],
        manifestSrc: [self],
        formAction: [self],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // Attune does not know whether it is reached by https, and other services may share its host.
    strictTransportSecurity: false,
  };
}
