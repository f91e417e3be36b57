# psych as a contestant: reads the answers, then scores them once for every line it is sent.
arguments <- commandArgs(TRUE)
method <- arguments[1]
rows <- as.integer(arguments[3])
suppressPackageStartupMessages({
  library(psych)
  library(jsonlite)
})
options(mc.cores = 1)

items <- matrix(as.numeric(readBin(arguments[2], "integer", rows * 60, size = 1)), nrow = rows)
items[items < 0] <- NA
colnames(items) <- paste0("q", 1:60)
keys <- lapply(1:6, function(scale) {
  sign <- rep("", 10)
  sign[c(2, 5, 8)] <- "-"
  paste0(sign, "q", (scale - 1) * 10 + 1:10)
})
names(keys) <- paste0("s", 1:6)

pass <- list(
  scoreItems = function() {
    r <- scoreItems(keys, items, impute = "none", min = 1, max = 5)
    list(scores = r$scores, missing = sum(r$missing))
  },
  scoreFast = function() {
    r <- scoreFast(keys, items, impute = "none", min = 1, max = 5, count.responses = TRUE)
    list(scores = r$scores, missing = length(items) - sum(r$responses))
  })[[method]]

cat("ready\n")
input <- file("stdin", "r")
while (length(readLines(input, 1)) == 1) {
  gc(FALSE)
  begin <- proc.time()[["elapsed"]]
  result <- suppressWarnings(pass())
  seconds <- proc.time()[["elapsed"]] - begin
  cat(toJSON(list(seconds = seconds, rows = rows, sum = sum(result$scores), missing = result$missing), auto_unbox = TRUE, digits = NA), "\n", sep = "")
}
