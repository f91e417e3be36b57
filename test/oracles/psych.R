# Scores psychTools' bfi and epi with psych::scoreItems and writes answers, keys and results
# into the directory named on the command line. The data stay in the R package; none is kept here.
out <- commandArgs(TRUE)[1]
suppressPackageStartupMessages({
  library(psych)
  library(psychTools)
  library(jsonlite)
})

write <- function(name, table) {
  text <- matrix(sprintf("%.17g", as.matrix(table)), ncol = ncol(table))
  text[is.na(as.matrix(table))] <- ""
  colnames(text) <- colnames(table)
  write.csv(text, file.path(out, name), row.names = FALSE, quote = FALSE)
}

oracle <- function(name, items, keys, min, max) {
  # impute = "none": the mean of the answered items, or their sum. The default, the
  # sample's median, would let one student's score depend on the others.
  score <- function(totals) suppressWarnings(
    scoreItems(keys, items, totals = totals, impute = "none", min = min, max = max))
  means <- score(FALSE)
  totals <- score(TRUE)
  write(paste0(name, "-items.csv"), items)
  write(paste0(name, "-means.csv"), means$scores)
  write(paste0(name, "-totals.csv"), totals$scores)
  write(paste0(name, "-missing.csv"), means$missing)
  write_json(list(keys = keys, min = min, max = max), file.path(out, paste0(name, ".json")), auto_unbox = TRUE)
}

oracle("bfi", bfi[, 1:25], bfi.keys, 1, 6)
oracle("epi", epi, epi.keys, 1, 2)

version <- function(package) as.character(packageVersion(package))
write_json(list(
  R = paste(R.version$major, R.version$minor, sep = "."), psych = version("psych"), psychTools = version("psychTools"),
  jsonlite = version("jsonlite")), file.path(out, "versions.json"), auto_unbox = TRUE)
