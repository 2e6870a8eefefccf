// class-validator's rules on entities. The only user of class-validator. Not here: types and NOT NULL, which are columns'.
import type { ValidationError } from 'class-validator';
import { DatabaseError } from '../errors.js';
import { require } from '../require.js';
import type { EntitySchema } from './schema.js';

// loaded where it is needed alone: it takes longer to load than the rest of this package
const classValidator = (): typeof import('class-validator') =>
  require('class-validator') as typeof import('class-validator');

/** Whether the class has any rule, so that classes without pay nothing. */
export function hasRules(schema: EntitySchema): boolean {
  // class-validator keeps its notes on globalThis; where nobody has imported it, there are none
  if (!('classValidatorMetadataStorage' in globalThis)) return false;
  return classValidator().getMetadataStorage().getTargetValidationMetadatas(schema.target, '', false, false).length > 0;
}

/**
 * Checks the properties that a row gives. What is left out is the columns' business: defaults and NOT NULL.
 *
 * @throws DatabaseError `E_VALIDATION` with the row, the property and the rules it breaks
 */
export function validateRow(schema: EntitySchema, row: object, position: number | undefined): void {
  const instance = Object.assign(Object.create(schema.target.prototype as object) as object, row);
  const [error] = classValidator().validateSync(instance, {
    skipUndefinedProperties: true,
    forbidUnknownValues: false,
    stopAtFirstError: false,
  });
  if (error === undefined) return;
  const { path, constraints } = innermost(error);
  const where = position === undefined ? schema.className : `Row ${position}: ${schema.className}`;
  throw new DatabaseError('E_VALIDATION', `${where}: ${Object.values(constraints).join('; ')}.`, {
    details: {
      entity: schema.className,
      property: path,
      rules: Object.keys(constraints),
      ...(position === undefined ? {} : { row: position }),
    },
  });
}

function innermost(error: ValidationError, prefix = ''): { path: string; constraints: Record<string, string> } {
  const path = prefix + error.property;
  const [child] = error.children ?? [];
  if (error.constraints !== undefined || child === undefined)
    return { path, constraints: error.constraints ?? { invalid: `${path} is invalid` } };
  return innermost(child, `${path}.`);
}
