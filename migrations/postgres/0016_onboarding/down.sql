DROP TABLE onboarding_checklists;
