#ifndef U2FI_SERVICES_COMMON_PROOF_WORDS_H_
#define U2FI_SERVICES_COMMON_PROOF_WORDS_H_

#include <array>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace u2fi::proof {

// The list that the words come from: 2,048 words, those of BIP 39 in English.
extern const std::array<const char*, 2048> kWordList;

// What a submitter asked for, one item of the request.
struct WordsItem {
  std::string device;
  std::string operation;
  // Ignored for `u2fi.enrol`, whose arguments are made later.
  std::string arguments;
};

// The comparison words of a request: four words with a space between, from the
// first 44 bits of SHA-256("u2fi/words/v1" ‖ lp(request_id) ‖ per item
// lp(device) ‖ lp(operation) ‖ lp(arguments)), 11 bits a word.
// The submitter's client computes them from what it asked, before it hears
// anything; the agent from the bytes about to be signed. Equal words show that
// the prompt is for one's own request and that no cloud swapped the command.
// They prove nothing against a compromised gateway, which draws the prompt.
std::string ComparisonWords(absl::string_view request_id,
                            const std::vector<WordsItem>& items);

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_WORDS_H_
