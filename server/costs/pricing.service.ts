import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { initialPrices, pricesSchema, type Prices, type Pricing } from '../../common/contracts/costs.js';
import { SettingEntity } from '../../common/database/setting.entity.js';

const settingKey = 'prices';

/** What an admin says that things cost. */
@Injectable()
export class PricingService {
  constructor(private readonly db: DataSource) {}

  async get(): Promise<Pricing> {
    const [row, [measured]] = await Promise.all([
      this.db.getRepository(SettingEntity).findOneBy({ key: settingKey }),
      this.db.query<[{ watts: number | null }]>(
        `SELECT sum(energy_mj) * 1e3 / nullif(sum(measured_us), 0)::float8 AS watts FROM use_days`,
      ),
    ]);
    return { prices: row ? pricesSchema.parse(row.value) : initialPrices, measuredWatts: measured.watts };
  }

  async replace(prices: Prices): Promise<Pricing> {
    await this.db.getRepository(SettingEntity).upsert({ key: settingKey, value: prices }, ['key']);
    return this.get();
  }
}
