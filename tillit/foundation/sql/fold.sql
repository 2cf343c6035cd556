-- Lower case without accents. unaccent is only STABLE because its dictionary could be replaced; ours is named, so
-- this wrapper may be IMMUTABLE and stand in generated columns and indexes.
CREATE OR REPLACE FUNCTION fold(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT lower(public.unaccent('public.unaccent'::regdictionary, value))
$$;
