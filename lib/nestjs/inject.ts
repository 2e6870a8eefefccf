// What constructors and properties of Nest's classes ask for. Not here: plain classes, for which the package's own
// @InjectRepository is.
import { Inject } from '@nestjs/common';
import { managerToken, repositoryToken, type EntityClass } from '../index.js';
import { checkDefined } from './feature-module.js';
import { checkedName } from './options.js';

/**
 * A repository, in a parameter of a constructor or a property of a class that Nest makes: of an entity, or of a class that extends
 * `Repository.of(Entity)`, which may also be injected by its class alone.
 *
 * The module of the class imports `DuckDBModule.forFeature([Entity], name)`.
 *
 * @param name of the manager; default `'default'`
 * @throws DatabaseError `E_DECLARATION` for a class that is neither, at import
 * @example class Reports { constructor(\@InjectRepository(Trade) private readonly trades: Repository<Trade>) {} }
 */
export function InjectRepository(entity: EntityClass, name?: string): ParameterDecorator & PropertyDecorator {
  checkDefined(entity, '@InjectRepository: the class');
  return Inject(repositoryToken(entity, checkedName(name, '@InjectRepository')));
}

/**
 * A manager, in a parameter of a constructor or a property of a class that Nest makes. The default one may also be injected by its
 * class alone: `constructor(private readonly db: BaseDuckDBManager) {}`.
 *
 * @param name default `'default'`
 * @throws DatabaseError `E_CONFIG` for a name that is none, at import
 * @example class Reports { constructor(\@InjectManager('archive') private readonly archive: BaseDuckDBManager) {} }
 */
export function InjectManager(name?: string): ParameterDecorator & PropertyDecorator {
  return Inject(managerToken(checkedName(name, '@InjectManager')));
}
