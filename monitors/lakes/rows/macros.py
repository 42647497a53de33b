"""What DuckDB lacks of the Databricks dialect, as its own macros; `functions` says who calls them.

An overload without a type comes last: DuckDB takes it for what no other one fits. It lets integers
and decimals fit a DOUBLE, so that floating-point numbers are told apart by their type's name.
"""

MACROS = (
    r"""create macro _whole(x varchar) as
        case when x is null or regexp_full_match(trim(x), '[+-]?\d+') then trim(x)
        else x || ' is not a whole number' end,
        (x bigint) as x, (x boolean) as x, (x timestamptz) as floor(epoch(x)), (x) as trunc(x)""",
    """create macro _text(x varchar) as x, (x date) as cast(x as varchar),
        (x timestamptz) as regexp_replace(strftime(x, '%Y-%m-%d %H:%M:%S.%f'), '[.]?0+$', ''),
        (x timestamp) as regexp_replace(strftime(x, '%Y-%m-%d %H:%M:%S.%f'), '[.]?0+$', ''),
        (x) as case when x is not null and typeof(x) in ('DOUBLE', 'FLOAT')
            then error('cast a floating-point number to decimal before making it text')
            else cast(x as varchar) end""",
    "create macro _pmod(a, b) as ((a % b) + b) % b",
    # There the digits of a quotient of decimals follow from their precision.
    """create macro _divide(a, b) as
        case when typeof(a) like 'DECIMAL%' or typeof(b) like 'DECIMAL%'
        then error('cast decimals to double before dividing them') else a / b end""",
    r"""create macro _average(x) as
        case when typeof(min(x)) like 'DECIMAL%'
        then round(avg(x), 4 + cast(regexp_extract(typeof(min(x)), ',(\d+)', 1) as int))
        else avg(x) end""",
    "create macro _is_nan(x double) as coalesce(isnan(x), false)",
    """create macro _sign(x) as
        case when _is_nan(x) then cast('NaN' as double) else cast(sign(x) as double) end""",
    "create macro _ceil(x) as case when _is_nan(x) then 0 else ceil(x) end",
    "create macro _floor(x) as case when _is_nan(x) then 0 else floor(x) end",
    """create macro _substring(s, p) as substring(s, case when p = 0 then 1 else p end),
        (s, p, n) as case when p is null or n is null then null when n <= 0 then ''
            when p > 0 then substring(s, p, n) when p = 0 then substring(s, 1, n)
            else substring(s, greatest(length(s) + p + 1, 1),
                greatest(n + least(length(s) + p, 0), 0)) end""",
    "create macro _day_of_week(d) as dayofweek(d) + 1",
)
