package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// readModels reads a sample of every model of an answer, and prints what the model has of it.
func readModels() error {
	text, err := os.ReadFile(os.Getenv("FUTURE_MODELS"))
	if err != nil {
		return err
	}
	var samples map[string]json.RawMessage
	if err := json.Unmarshal(text, &samples); err != nil {
		return err
	}
	read := map[string]any{}
	for name, sample := range samples {
		model := models[name]()
		if err := json.Unmarshal(sample, model); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		read[name] = model
	}
	printed, err := json.Marshal(read)
	if err != nil {
		return err
	}
	fmt.Printf("models: %s\n", printed)
	return nil
}
