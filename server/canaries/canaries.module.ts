import { Module } from '@nestjs/common';
import { CanariesController } from './canaries.controller.js';
import { CanaryService } from './canary.service.js';
import { VersionPinService } from './version-pin.service.js';
import { VersionPinsController } from './version-pins.controller.js';

/** Who is answered by something else than what is live: a canary's conversations, and people who stay on a version. */
@Module({
  controllers: [CanariesController, VersionPinsController],
  providers: [CanaryService, VersionPinService],
})
export class CanariesModule {}
