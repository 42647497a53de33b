"""What is ours to say of each expectation: how it is evaluated, its summary, and its arguments.

The structure of the arguments comes from the installed library (`checks.expectations.registry`);
the words are ours.
"""

ROW_WISE, AGGREGABLE, WHOLE_SET, SHAPE, REFUSED = (
    "row-wise",
    "aggregable",
    "whole-set",
    "schema",
    "refused",
)

EXPLAINED = {
    ROW_WISE: (
        "Great Expectations looks at each batch of rows; what it counted is added up, and `mostly` "
        "is judged on the sums. Any number of rows."
    ),
    AGGREGABLE: (
        "DuckDB computes the aggregates of all these checks of a table in one pass; Great "
        "Expectations judges them. Any number of rows."
    ),
    WHOLE_SET: (
        "Great Expectations needs all rows at once. At most `max_rows` of them, 1,000,000 by "
        "default; with more the check is not assessed."
    ),
    SHAPE: "Judged from the table's schema; no row is read.",
    REFUSED: "Does not run here; the configuration is refused, with what to write in its place.",
}

Entry = tuple[str, str]

RUNNABLE: dict[str, Entry] = {
    "expect_column_distinct_values_to_be_in_set": (
        ROW_WISE,
        "Every value that occurs is one of a set.",
    ),
    "expect_column_distinct_values_to_contain_set": (
        ROW_WISE,
        "Every value of a set occurs.",
    ),
    "expect_column_distinct_values_to_equal_set": (
        ROW_WISE,
        "The values that occur are those of a set, all of them and no others.",
    ),
    "expect_column_kl_divergence_to_be_less_than": (
        WHOLE_SET,
        "The distribution differs from an expected one by less than a threshold.",
    ),
    "expect_column_max_to_be_between": (AGGREGABLE, "The greatest value lies in a range."),
    "expect_column_mean_to_be_between": (AGGREGABLE, "The mean lies in a range."),
    "expect_column_median_to_be_between": (AGGREGABLE, "The median lies in a range."),
    "expect_column_min_to_be_between": (AGGREGABLE, "The least value lies in a range."),
    "expect_column_most_common_value_to_be_in_set": (
        WHOLE_SET,
        "The value that occurs most is one of a set.",
    ),
    "expect_column_pair_values_a_to_be_greater_than_b": (
        ROW_WISE,
        "The value in one column is greater than that in another.",
    ),
    "expect_column_pair_values_to_be_equal": (ROW_WISE, "Two columns hold the same value."),
    "expect_column_pair_values_to_be_in_set": (
        ROW_WISE,
        "The values of two columns are one of a set of pairs.",
    ),
    "expect_column_proportion_of_non_null_values_to_be_between": (
        AGGREGABLE,
        "The share of rows that have a value lies in a range.",
    ),
    "expect_column_proportion_of_unique_values_to_be_between": (
        AGGREGABLE,
        "Distinct values as a share of all values lie in a range.",
    ),
    "expect_column_quantile_values_to_be_between": (
        WHOLE_SET,
        "Each of some quantiles lies in its range.",
    ),
    "expect_column_stdev_to_be_between": (
        AGGREGABLE,
        "The standard deviation (of a sample) lies in a range.",
    ),
    "expect_column_sum_to_be_between": (AGGREGABLE, "The sum lies in a range."),
    "expect_column_to_exist": (SHAPE, "The table has a column."),
    "expect_column_type_to_be": (SHAPE, "A column has a type."),
    "expect_column_unique_value_count_to_be_between": (
        AGGREGABLE,
        "The number of distinct values lies in a range.",
    ),
    "expect_column_value_lengths_to_be_between": (ROW_WISE, "Texts have a length in a range."),
    "expect_column_value_lengths_to_equal": (ROW_WISE, "Texts have one length."),
    "expect_column_value_z_scores_to_be_less_than": (
        WHOLE_SET,
        "Values lie within so many standard deviations of their mean.",
    ),
    "expect_column_values_to_be_between": (ROW_WISE, "Values lie in a range."),
    "expect_column_values_to_be_dateutil_parseable": (
        ROW_WISE,
        "Texts can be read as a date by dateutil.",
    ),
    "expect_column_values_to_be_decreasing": (
        WHOLE_SET,
        "Each value is at most the one before it, in the order of the commits.",
    ),
    "expect_column_values_to_be_in_set": (ROW_WISE, "Values are among those of a set."),
    "expect_column_values_to_be_in_type_list": (SHAPE, "A column has one of some types."),
    "expect_column_values_to_be_increasing": (
        WHOLE_SET,
        "Each value is at least the one before it, in the order of the commits.",
    ),
    "expect_column_values_to_be_json_parseable": (ROW_WISE, "Texts are JSON."),
    "expect_column_values_to_be_null": (ROW_WISE, "Values are null."),
    "expect_column_values_to_be_of_type": (SHAPE, "A column has a type."),
    "expect_column_values_to_be_unique": (WHOLE_SET, "No value occurs twice."),
    "expect_column_values_to_match_json_schema": (
        ROW_WISE,
        "Texts are JSON that a JSON schema allows.",
    ),
    "expect_column_values_to_match_regex": (
        ROW_WISE,
        "A regular expression is found in each text.",
    ),
    "expect_column_values_to_match_regex_list": (
        ROW_WISE,
        "Any or all of some regular expressions are found in each text.",
    ),
    "expect_column_values_to_match_strftime_format": (
        ROW_WISE,
        "Texts are times in a format of strftime.",
    ),
    "expect_column_values_to_not_be_in_set": (ROW_WISE, "Values are not among those of a set."),
    "expect_column_values_to_not_be_null": (ROW_WISE, "Values are not null."),
    "expect_column_values_to_not_be_outliers": (
        WHOLE_SET,
        "Values are no outliers, by quartiles or by standard deviations.",
    ),
    "expect_column_values_to_not_match_regex": (
        ROW_WISE,
        "A regular expression is found in no text.",
    ),
    "expect_column_values_to_not_match_regex_list": (
        ROW_WISE,
        "None of some regular expressions is found in any text.",
    ),
    "expect_compound_columns_to_be_unique": (
        WHOLE_SET,
        "No combination of values in some columns occurs twice.",
    ),
    "expect_multicolumn_sum_to_equal": (
        ROW_WISE,
        "The values of some columns add up to a total in each row.",
    ),
    "expect_multicolumn_values_to_be_equal": (ROW_WISE, "Some columns hold the same value."),
    "expect_select_column_values_to_be_unique_within_record": (
        ROW_WISE,
        "The values of some columns differ from each other in each row.",
    ),
    "expect_table_column_count_to_be_between": (
        SHAPE,
        "The number of columns lies in a range.",
    ),
    "expect_table_column_count_to_equal": (SHAPE, "The table has so many columns."),
    "expect_table_columns_to_match_ordered_list": (
        SHAPE,
        "The table has just these columns, in this order.",
    ),
    "expect_table_columns_to_match_set": (SHAPE, "The table has these columns, in any order."),
    "expect_table_row_count_to_be_between": (AGGREGABLE, "The number of rows lies in a range."),
    "expect_table_row_count_to_equal": (AGGREGABLE, "There are just so many rows."),
}

_ON_PANDAS = "does not run on pandas; write 'type: sql_rule'"
REFUSALS: dict[str, str] = {
    "expect_column_values_to_match_like_pattern": (
        f"{_ON_PANDAS} with 'bad_rows: column NOT LIKE pattern', or "
        "expect_column_values_to_match_regex"
    ),
    "expect_column_values_to_match_like_pattern_list": (
        f"{_ON_PANDAS} with 'bad_rows: NOT (column LIKE this OR column LIKE that)', or "
        "expect_column_values_to_match_regex_list"
    ),
    "expect_column_values_to_not_match_like_pattern": (
        f"{_ON_PANDAS} with 'bad_rows: column LIKE pattern', or "
        "expect_column_values_to_not_match_regex"
    ),
    "expect_column_values_to_not_match_like_pattern_list": (
        f"{_ON_PANDAS} with 'bad_rows: column LIKE this OR column LIKE that', or "
        "expect_column_values_to_not_match_regex_list"
    ),
    "expect_query_results_to_match_comparison": (
        f"{_ON_PANDAS} with a 'query' over both tables that returns the rows that differ"
    ),
    "expect_table_row_count_to_equal_other_table": (
        f"{_ON_PANDAS} with a 'query' that counts both tables and returns a row where the counts "
        "differ"
    ),
    "unexpected_rows_expectation": (
        f"{_ON_PANDAS} with the same 'query', over new_rows in place of {{batch}}"
    ),
}

ARGUMENTS: dict[str, str] = {
    "allow_relative_error": "How to interpolate: false is the nearest value; or linear, lower, "
    "higher, midpoint, nearest.",
    "bucketize_data": "Whether numbers are put into bins.",
    "column": "Name of the column.",
    "column_A": "Name of the first column.",
    "column_B": "Name of the second column.",
    "column_index": "Its place among the columns, from 0.",
    "column_list": "Names of columns.",
    "column_set": "Names of columns.",
    "condition_parser": "Language of a row_condition that is text; pandas unless it says another.",
    "double_sided": "Whether values far below the mean count as well.",
    "exact_match": "Whether there may be no other columns.",
    "ignore_row_if": "Rows that are not judged, by which of their values are missing.",
    "internal_weight_holdout": "Weight for values whose expected weight is zero.",
    "json_schema": "The JSON schema.",
    "match_on": "Whether any or all of the list must match.",
    "max_value": "The greatest value that passes.",
    "method": "How outliers are found: iqr or std.",
    "min_value": "The least value that passes.",
    "mostly": "Share of the rows that must be as expected, from 0 to 1.",
    "multiplier": "How many ranges or deviations away an outlier is.",
    "or_equal": "Whether equal values pass.",
    "partition_object": "The expected distribution: weights, and values or bins.",
    "quantile_ranges": "The quantiles, and for each the least and the greatest value.",
    "regex": "A regular expression of Python.",
    "regex_list": "Regular expressions of Python.",
    "row_condition": "Judge only rows that meet it: text such as 'amount > 0 and kind == \"a\"'.",
    "strftime_format": "A format such as %Y-%m-%d.",
    "strict_max": "Whether max_value itself does not pass.",
    "strict_min": "Whether min_value itself does not pass.",
    "strictly": "Whether equal neighbours do not pass.",
    "sum_total": "The expected total.",
    "tail_weight_holdout": "Weight for values outside the expected distribution.",
    "threshold": "The value below which it passes.",
    "ties_okay": "Whether several values may be the most common ones.",
    "type_": "Name of a type: of the table (bigint, string), of Spark (LongType) or of pandas "
    "(int64).",
    "type_list": "Names of types: of the table, of Spark or of pandas.",
    "value": "The expected number.",
    "value_pairs_set": "The pairs, each a list of two values.",
    "value_set": "The values.",
}
