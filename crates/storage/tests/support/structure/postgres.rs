//! What PostgreSQL says of the tables of a schema.

use super::{Facts, OF_DIESEL, TYPES, tell_checks, tell_columns, tell_foreign_keys, tell_indexes};
use crate::support::Place;

/// Everything that is compared, of the tables that this place sees.
pub(crate) fn postgres(place: &Place) -> Facts {
    let ours = |question: &str| {
        question.replace(
            "OURS",
            &format!("t.relnamespace = current_schema()::text::regnamespace AND t.relname <> '{OF_DIESEL}'"),
        )
    };
    let mut facts = Facts::new();
    tell_columns(&mut facts, &place.load(&ours(COLUMNS)), name_of_type);
    tell_indexes(&mut facts, &place.load(&ours(INDEXES)));
    tell_foreign_keys(&mut facts, &place.load(&ours(FOREIGN_KEYS)));
    tell_checks(&mut facts, &place.load(&ours(CHECKS)));
    facts
}

fn name_of_type(written: &str) -> String {
    let known = TYPES.iter().find(|(_, _, postgres)| *postgres == written);
    known.map_or_else(|| format!("{written} of PostgreSQL, which is not ours"), |known| known.0.to_owned())
}

const COLUMNS: &str = "
    SELECT t.relname::text AS table_name, a.attname::text AS name,
        format_type(a.atttypid, a.atttypmod) AS type_name, a.attnotnull AS is_required,
        pg_get_expr(d.adbin, d.adrelid, true) AS default_value, a.attgenerated <> '' AS is_computed
    FROM pg_class t
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
    WHERE t.relkind IN ('r', 'p') AND OURS
    ORDER BY t.relname, a.attnum";

// Texts that are looked up must be ordered by their bytes, as they are on SQLite: another collation is told.
const INDEXES: &str = "
    SELECT t.relname::text AS table_name, i.relname::text AS name, x.indisunique AS is_unique,
        CASE WHEN x.indisprimary THEN 'pk'
            WHEN EXISTS (SELECT 1 FROM pg_constraint r WHERE r.conindid = i.oid AND r.contype = 'u') THEN 'u'
            ELSE 'c' END AS origin,
        (SELECT string_agg(pg_get_indexdef(i.oid, k, true)
                || coalesce((SELECT ' collate ' || l.collname FROM pg_collation l
                    WHERE l.oid = x.indcollation[k - 1] AND l.collname <> 'C'), '')
                || CASE WHEN x.indoption[k - 1]::int & 1 = 1 THEN ' desc' ELSE '' END, ', ' ORDER BY k)
            FROM generate_series(1, x.indnkeyatts::int) k) AS columns,
        pg_get_expr(x.indpred, x.indrelid, true) AS predicate
    FROM pg_index x
    JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_class t ON t.oid = x.indrelid
    WHERE OURS";

const FOREIGN_KEYS: &str = "
    SELECT t.relname::text AS table_name, u.relname::text AS target,
        (SELECT string_agg(a.attname, ', ' ORDER BY k.number) FROM unnest(r.conkey) WITH ORDINALITY k(attnum, number)
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum) AS columns,
        (SELECT string_agg(a.attname, ', ' ORDER BY k.number) FROM unnest(r.confkey) WITH ORDINALITY k(attnum, number)
            JOIN pg_attribute a ON a.attrelid = u.oid AND a.attnum = k.attnum) AS target_columns,
        actions.name[position(r.confdeltype::text IN 'arcnd')] AS on_delete,
        actions.name[position(r.confupdtype::text IN 'arcnd')] AS on_update
    FROM pg_constraint r
    JOIN pg_class t ON t.oid = r.conrelid
    JOIN pg_class u ON u.oid = r.confrelid,
    (SELECT ARRAY['NO ACTION', 'RESTRICT', 'CASCADE', 'SET NULL', 'SET DEFAULT'] AS name) actions
    WHERE r.contype = 'f' AND OURS";

const CHECKS: &str = "
    SELECT t.relname::text AS table_name,
        pg_get_expr(r.conbin, r.conrelid, true) || CASE WHEN r.convalidated THEN '' ELSE ' (not for old rows)' END
            AS expression
    FROM pg_constraint r
    JOIN pg_class t ON t.oid = r.conrelid
    WHERE r.contype = 'c' AND OURS";
