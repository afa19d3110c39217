#include "services/common/proof/words.h"

#include "absl/strings/str_cat.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/domains.h"

namespace u2fi::proof {

std::string ComparisonWords(absl::string_view request_id,
                            const std::vector<WordsItem>& items) {
  std::string asked = crypto::LengthPrefixed(request_id);
  for (const WordsItem& item : items) {
    const bool made_later = item.operation == "u2fi.enrol";
    absl::StrAppend(&asked, crypto::LengthPrefixed(item.device),
                    crypto::LengthPrefixed(item.operation),
                    crypto::LengthPrefixed(made_later ? "" : item.arguments));
  }
  const crypto::Digest digest = crypto::Sha256({domain::kWords, asked});
  uint64_t bits = 0;
  for (int i = 0; i < 6; ++i) bits = (bits << 8) | digest[i];
  std::string words;
  for (int shift = 37; shift >= 4; shift -= 11) {
    absl::StrAppend(&words, words.empty() ? "" : " ",
                    kWordList[(bits >> shift) & 2047]);
  }
  return words;
}

}  // namespace u2fi::proof
