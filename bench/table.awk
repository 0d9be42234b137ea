# SPDX-License-Identifier: Apache-2.0
# Samples to a table. In: lines of row, reference row, values, separated by tabs. -v columns: their names, likewise.
# A name with "=" before it is a column of which there are no ratios.
# -v medians: a file for lines of row, column, median. For any awk: mawk is what Debian has.
BEGIN {
    FS = "\t"
    count = split(columns, names, "\t")
    for (c = 1; c <= count; c++) {
        plain[c] = sub(/^=/, "", names[c])
    }
}

{
    if (!($1 in seen)) {
        seen[$1] = 0
        order[++rows] = $1
        reference[$1] = $2
    }
    n = ++seen[$1]
    for (c = 1; c <= count; c++) {
        value[$1, c, n] = $(c + 2) + 0
    }
    if (length($1) > width) {
        width = length($1)
    }
    if (length($2) > other) {
        other = length($2)
    }
}

# Sorts a row's values of one column, in place: there are few.
function sort(row, c, n,    i, j, v) {
    for (i = 2; i <= n; i++) {
        v = value[row, c, i]
        for (j = i - 1; j >= 1 && value[row, c, j] > v; j--) {
            value[row, c, j + 1] = value[row, c, j]
        }
        value[row, c, j + 1] = v
    }
}

function median(row, c, n) {
    sort(row, c, n)
    return n % 2 ? value[row, c, (n + 1) / 2] : (value[row, c, n / 2] + value[row, c, n / 2 + 1]) / 2
}

function number(v) {
    return sprintf(v < 100 ? "%.1f" : "%.0f", v)
}

END {
    for (r = 1; r <= rows; r++) {
        row = order[r]
        for (c = 1; c <= count; c++) {
            middle[row, c] = median(row, c, seen[row])
            printf "%s\t%d\t%s\n", row, c, middle[row, c] > medians
        }
    }
    printf "%-" width "s", ""
    for (c = 1; c <= count; c++) {
        printf "  %16s", names[c]
    }
    printf "  %-15s  %s\n", "range", "x is against"
    for (r = 1; r <= rows; r++) {
        row = order[r]
        printf "%-" width "s", row
        for (c = 1; c <= count; c++) {
            base = plain[c] || reference[row] == row ? 0 : middle[reference[row], c]
            times = base > 0 ? sprintf("x%.2f", middle[row, c] / base) : ""
            printf "  %8s %7s", number(middle[row, c]), times
        }
        printf "  %-15s  %s\n", number(value[row, 1, 1]) "-" number(value[row, 1, seen[row]]), \
            reference[row] == row ? "" : reference[row]
    }
    print ""
}
