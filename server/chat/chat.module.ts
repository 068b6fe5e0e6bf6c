import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { SessionEntity } from '../../common/database/session.entity.js';
import { AuthModule } from '../auth/auth.module.js';
import { FeedbackModule } from '../feedback/feedback.module.js';
import { GenerationsModule } from '../generations/generations.module.js';
import { RewardModelsModule } from '../reward-models/reward-models.module.js';
import { RunsModule } from '../runs/runs.module.js';
import { AnswerService } from './answer.service.js';
import { AnswerWriter } from './answer-writer.service.js';
import { AnswerSettler } from './answer-settler.service.js';
import { ChatEvents } from './chat-events.js';
import { CandidateService } from './comparisons/candidate.service.js';
import { ComparisonService } from './comparisons/comparison.service.js';
import { ComparisonSettingsService } from './comparisons/comparison-settings.service.js';
import { ComparisonWeigher } from './comparisons/comparison-weigher.service.js';
import { ComparisonsController } from './comparisons/comparisons.controller.js';
import { ConversationService } from './conversation.service.js';
import { ConversationsController } from './conversations.controller.js';
import { FolderService } from './folder.service.js';
import { FoldersController } from './folders.controller.js';
import { MessageService } from './message.service.js';
import { MessagesController } from './messages.controller.js';
import { SearchController } from './search.controller.js';
import { SearchIndexer } from './search-indexer.service.js';
import { SearchService } from './search.service.js';
import { ShareService } from './share.service.js';
import { SharesController } from './shares.controller.js';
import { ChatGateway } from './socket/chat.gateway.js';
import { ChatSocketService } from './socket/chat-socket.service.js';
import { SocketAccess } from './socket/socket-access.service.js';
import { TitleService } from './title.service.js';
import { ImportService } from './transfer/import.service.js';
import { TransferController } from './transfer/transfer.controller.js';

/** Conversations and the socket they are held over. */
@Module({
  imports: [
    TypeOrmModule.forFeature([SessionEntity]),
    AuthModule,
    FeedbackModule,
    GenerationsModule,
    RunsModule,
    RewardModelsModule,
  ],
  controllers: [
    TransferController,
    ConversationsController,
    MessagesController,
    ComparisonsController,
    FoldersController,
    SearchController,
    SharesController,
  ],
  providers: [
    ChatEvents,
    AnswerSettler,
    AnswerWriter,
    AnswerService,
    CandidateService,
    ComparisonService,
    ComparisonSettingsService,
    ComparisonWeigher,
    ConversationService,
    MessageService,
    FolderService,
    SearchIndexer,
    SearchService,
    ShareService,
    ImportService,
    TitleService,
    SocketAccess,
    ChatSocketService,
    ChatGateway,
  ],
  exports: [ChatGateway],
})
export class ChatModule {}
